"""`python -m hookseal`: what the `hookseal` command does with keys and signatures, where only the package is installed."""

import sys

from hookseal._cli import main

if __name__ == "__main__":
    sys.exit(main())
