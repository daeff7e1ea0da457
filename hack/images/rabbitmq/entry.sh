#!/bin/sh
# Becomes RabbitMQ. It reads /etc/rabbitmq (rabbitmq.conf, conf.d/*.conf, enabled_plugins) and keeps its data in HOME.
set -eu
umask 077
cd "$HOME"
# Erlang makes room for as many files as it may open, and some container runtimes allow a thousand million.
files=$(ulimit -n)
if [ "$files" = unlimited ] || [ "$files" -gt 65536 ]; then ulimit -n 65536; fi
# Its own command line tools prove with it who they are; nothing outside of the pod can.
if [ ! -s .erlang.cookie ]; then
  head -c 24 /dev/urandom | base64 >.erlang.cookie.new
  mv .erlang.cookie.new .erlang.cookie
fi
chmod 400 .erlang.cookie
mkdir -p log
exec /usr/lib/rabbitmq/bin/rabbitmq-server "$@"
