"""`python -m spanglass_server.cli` is `spanglass`."""

from spanglass_server.cli.main import main

main()
