"""What `huimin-diagnose` is made of: each file is one thing that it can do."""
