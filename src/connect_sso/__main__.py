"""``python -m connect_sso``."""

from connect_sso.main import main

if __name__ == "__main__":
    raise SystemExit(main())
