"""hubtalk on a real Matrix homeserver, beside a bare echo bot."""
