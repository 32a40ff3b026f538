"""The form engine: single expressions beside a published XPath library, answers in small and large forms, compiling."""
