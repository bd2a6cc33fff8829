"""`python -m limen` is `limen`."""

from limen.cli import main

if __name__ == "__main__":
    main()
