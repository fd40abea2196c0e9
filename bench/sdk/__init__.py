"""What an SDK costs the application that it watches."""
