"""Programs on top of the library, each of which could be taken away."""
