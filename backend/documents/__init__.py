"""Forms on paper: a form's description becomes HTML for print, and that a PDF."""
