"""A small retrieval-augmented application in two services, instrumented as real ones are."""
