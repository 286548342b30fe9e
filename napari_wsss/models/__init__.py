"""Networks and their files. Importing this package imports no torch; the modules in it do."""
