"""Bad input by the thousand: each campaign is a program (`python -m tests.campaigns.NAME`, in .venv-runtime)."""
