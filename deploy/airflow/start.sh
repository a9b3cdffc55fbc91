#!/bin/sh
# Airflow in one container: its database, scheduler and pages. Secrets come from files.
set -eu
AIRFLOW__CORE__FERNET_KEY=$(cat "$AIRFLOW_FERNET_KEY_FILE")
AIRFLOW__API_AUTH__JWT_SECRET=$(cat "$AIRFLOW_JWT_SECRET_FILE")
AIRFLOW__API__SECRET_KEY=$AIRFLOW__API_AUTH__JWT_SECRET
export AIRFLOW__CORE__FERNET_KEY AIRFLOW__API_AUTH__JWT_SECRET AIRFLOW__API__SECRET_KEY
# The simple login: the user admin with the password of the file.
passwords=/tmp/airflow-passwords.json
(umask 077 && printf '{"admin": "%s"}' "$(cat "$AIRFLOW_ADMIN_PASSWORD_FILE")" >"$passwords")
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=admin:admin
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=$passwords
exec airflow standalone
