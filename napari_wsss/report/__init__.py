"""What was found, for people: tables as text, Markdown and CSV, and a self-contained HTML report with pictures."""
