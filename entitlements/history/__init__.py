"""Reading the log: replay, timeline, sentences, pages of history and acts, CSV."""
