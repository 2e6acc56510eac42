#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh DESTDIR PREFIX - puts the built programs, the systemd unit and a first configuration in
# place. A configuration that is there already is never touched.
set -euo pipefail

destdir=$1 prefix=$2
etc=$destdir/etc/corewire
units=$destdir$prefix/lib/systemd/system
[ "$prefix" != /usr/local ] || units=$destdir/etc/systemd/system

install -d "$destdir$prefix/bin" "$destdir$prefix/share/doc/corewire" "$etc" "$units" "$destdir/usr/lib/sysusers.d"
install -m 755 build/corewired build/corewire build/corewire-bench "$destdir$prefix/bin/"
install -m 644 README.md LICENSE "$destdir$prefix/share/doc/corewire/"
cp -r configs docs "$destdir$prefix/share/doc/corewire/"
[ -e "$etc/activemq.xml" ] || install -m 640 configs/quickstart.xml "$etc/activemq.xml" # for passwords
sed "s|@PREFIX@|$prefix|g" packaging/corewired.service >"$units/corewired.service"
chmod 644 "$units/corewired.service"
install -m 644 packaging/corewire.sysusers "$destdir/usr/lib/sysusers.d/corewire.conf"

# Only on the running system itself, never in a package's staging directory.
if [ -z "$destdir" ] && [ "$(id -u)" = 0 ]; then
    ! command -v systemd-sysusers >/dev/null || systemd-sysusers corewire.conf
    ! getent group corewire >/dev/null || chgrp corewire "$etc/activemq.xml"
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
    echo "installed; edit /etc/corewire/activemq.xml, then: systemctl enable --now corewired"
fi
