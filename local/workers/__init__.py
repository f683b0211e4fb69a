"""Worker processes that run the deployed functions as Lambda would."""
