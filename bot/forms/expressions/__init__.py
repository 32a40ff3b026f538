"""The expression language of XLSForms, from text over a syntax tree to closures (ODK XForms, XPath 1.0)."""
