# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# nginx with several workers, whose own log says which of them had whom.
# shellcheck shell=bash

# start_nginx PORT...
start_nginx() {
	local port listen=
	need nginx
	mkdir -p "$work/www"
	head -c 20000 /dev/zero >"$work/www/index.html"
	for port; do
		listen+="listen $at:$port; "
	done
	cat >"$work/nginx.conf" <<-END
		user root;
		worker_processes 4;
		daemon on;
		pid $work/nginx.pid;
		error_log $work/nginx.err;
		events { worker_connections 256; }
		http {
			log_format ends "\$server_addr \$server_port \$remote_addr \$remote_port \$pid";
			access_log $work/nginx.log ends;
			client_body_temp_path $work/body;
			proxy_temp_path $work/proxy;
			fastcgi_temp_path $work/fastcgi;
			uwsgi_temp_path $work/uwsgi;
			scgi_temp_path $work/scgi;
			server { $listen root $work/www; }
		}
	END
	# Who listens first is its parent, which returns then.
	nginx -c "$work/nginx.conf" -e "$work/nginx.err" 3>&- &
	pid=$!
	wait "$pid"
	for port; do
		hold "$here" "$port" "$any" 0 "$pid"
	done
	census
}

# It has ended when the file that holds its pid is gone: tail tells.
stop_nginx() {
	local master
	master=$(cat "$work/nginx.pid")
	nginx -c "$work/nginx.conf" -e "$work/nginx.err" -s quit 3>&-
	tail -f --pid="$master" /dev/null
}

# tell_nginx_log PID: both ends of what the log has, a worker's and that of PID
# (0: known already).
tell_nginx_log() {
	local saddr sport caddr cport pid
	while read -r saddr sport caddr cport pid; do
		hold "$saddr" "$sport" "$caddr" "$cport" "$pid"
		if (($1)); then
			hold "$caddr" "$cport" "$saddr" "$sport" "$1"
		fi
	done <"$work/nginx.log"
}
