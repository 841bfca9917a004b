#!/bin/sh
# Install the Debian packages that the window's tests need, when they are missing and this is root on Debian.
missing=""
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null || { echo "The window's tests need Xvfb, xdotool, xclip, Mesa and GTK for Python; install them with this system's package manager." >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "The window's tests need packages; run: sudo apt-get install -y$missing" >&2; exit 2; }
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
