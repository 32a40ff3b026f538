"""The same questionnaire on other foundations, each in the best form its own documentation shows."""
