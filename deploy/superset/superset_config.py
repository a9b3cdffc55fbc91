"""Superset's configuration for Daybook's dashboard. Secrets come from files, or else from the environment; there is no
default for any of them, so Superset does not start with one that others know.

    SUPERSET_CONFIG_PATH=…/deploy/superset/superset_config.py

This folder must be on PYTHONPATH, as the map is a module beside this file.
"""

from __future__ import annotations

import os
from pathlib import Path

from daybook_map import daybook_map


def secret(name: str) -> str:
    """The content of the file that NAME_FILE names, or the variable NAME."""
    path = os.environ.get(f"{name}_FILE")
    value = Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"{name} is not set. Put a long random text into a file and name it in {name}_FILE.")
    return value


SECRET_KEY = secret("SUPERSET_SECRET_KEY")
# Superset's own database: users, dashboards. Its home folder keeps it, unless a server is named.
SQLALCHEMY_DATABASE_URI = os.environ.get(
    "SUPERSET_DATABASE_URI",
    f"sqlite:///{os.environ.get('SUPERSET_HOME', os.path.expanduser('~/.superset'))}/superset.db?check_same_thread=false",
)

BLUEPRINTS = [daybook_map]

# Pages ask nothing of anybody else, and tell nobody anything: Superset's own list of hosts is left out.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
SESSION_COOKIE_SAMESITE = "Lax"
# Behind a proxy that speaks HTTPS.
SESSION_COOKIE_SECURE = ENABLE_PROXY_FIX = os.environ.get("SUPERSET_BEHIND_HTTPS_PROXY", "") == "1"
