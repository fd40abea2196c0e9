"""PromQL's functions, a file a family; `FUNCTIONS` lists them all by name."""
