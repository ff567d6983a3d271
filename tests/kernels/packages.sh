# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Debian packages of other suites and architectures, for those that source
# this: downloaded from the mirror that this machine's apt uses, with an apt
# configuration of their own, so that the machine's is left alone.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for those that source this
cache=${TCPWHY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tcpwhy}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# mirror ARCHIVE: the address of the main or of the security archive.
mirror() {
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' \
		'Created-By: Packages' |
		awk -v want="$1" '(($2 ~ /security/) ? "security" : "main") == want {
			print $1; exit }'
}

# packages_open DIR SUITE ARCHIVE ARCH: prepares DIR and sets $apt_options.
packages_open() {
	local dir=$1 suite=$2 archive=$3 arch=$4 uri

	uri=$(mirror "$archive")
	[[ $uri ]] || die "apt knows no $archive archive here; run apt-get update"
	rm -rf "$dir"
	mkdir -p "$dir"/{lists/partial,archives/partial,unpacked}
	: >"$dir/status"
	echo "deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"$uri $suite main" >"$dir/sources.list"
	apt_options=(
		-o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=-
		-o "Dir::State::Lists=$dir/lists" -o "Dir::State::Status=$dir/status"
		-o "Dir::Cache=$dir" -o "Dir::Cache::Archives=$dir/archives"
		-o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
		-o APT::Install-Recommends=false -o APT::Sandbox::User=root
		-o Acquire::Languages=none
	)
	apt-get "${apt_options[@]}" -qq update >&2 ||
		die "cannot read the suite $suite"
}

# packages_depends PACKAGE REGEX: those it depends on whose names match.
packages_depends() {
	apt-cache "${apt_options[@]}" depends "$1" |
		sed -nE "s/^ *Depends: ($2)\$/\\1/p"
}

# packages_unpack DIR PACKAGE...: downloads them and unpacks them into
# DIR/unpacked.
packages_unpack() {
	local dir=$1 deb
	shift

	(cd "$dir/archives" && apt-get "${apt_options[@]}" -qq download "$@" >&2) ||
		die "cannot download: $*"
	for deb in "$dir"/archives/*.deb; do
		dpkg-deb -x "$deb" "$dir/unpacked"
	done
}
