#!/bin/sh
# Put Evidence into this user's menu, started from where it lies now; run it again after moving the folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
share=${XDG_DATA_HOME:-$HOME/.local/share}
mkdir -p "$share/applications" "$share/icons/hicolor/256x256/apps"
cp "$here/share/icons/hicolor/256x256/apps/evidence.png" "$share/icons/hicolor/256x256/apps/"
# In a desktop entry's quoted string, \ " ` and $ are escaped twice over, and a percent sign is doubled.
program=$(printf '%s' "$here/evidence" | sed -e 's/[\\]/\\\\\\\\/g' -e 's/["`$]/\\\\&/g' -e 's/%/%%/g')
while IFS= read -r line; do
  case $line in
    Exec=*) printf 'Exec="%s" %%F\n' "$program" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <"$here/share/applications/evidence.desktop" >"$share/applications/evidence.desktop"
echo "Evidence is in the menu: $share/applications/evidence.desktop"
