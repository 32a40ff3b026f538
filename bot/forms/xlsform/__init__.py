"""Reading XLSForms: the file, its rows, pyxform's checks, and what becomes of them in our model."""
