"""`python -m flowforge_lab.cli` is `flowforge`."""

from .program import main

if __name__ == "__main__":
    main()
