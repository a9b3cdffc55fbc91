"""Prepares Superset's own database: tables, permissions, and an administrator whose password comes from the file that
SUPERSET_ADMIN_PASSWORD_FILE names (or from SUPERSET_ADMIN_PASSWORD), so that it stands on no command line. Run again it
brings all of it up to date. Nothing may use the database meanwhile."""

from __future__ import annotations

import os

from flask_migrate import upgrade
from superset.app import create_app
from superset_config import secret

ADMIN = os.environ.get("SUPERSET_ADMIN", "admin")


def main() -> None:
    app = create_app()
    with app.app_context():
        upgrade()
        # Only now are there tables for what these modules look up.
        from superset.extensions import appbuilder, db, security_manager

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        set_administrator(security_manager)
        db.session.commit()


def set_administrator(security_manager: object) -> None:
    password = secret("SUPERSET_ADMIN_PASSWORD")
    user = security_manager.find_user(username=ADMIN)
    if user is None:
        role = security_manager.find_role("Admin")
        if not security_manager.add_user(ADMIN, "Daybook", "Administrator", f"{ADMIN}@localhost", role, password):
            raise RuntimeError(f"The administrator {ADMIN} could not be added.")
    else:
        security_manager.reset_password(user.id, password)


if __name__ == "__main__":
    main()
