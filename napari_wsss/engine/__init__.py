"""Long work on networks: training and prediction, in the worker process only. Importing this loads no torch."""
