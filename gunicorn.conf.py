"""How gunicorn runs Upshift: threads, so that a slow client never holds a whole process.

``WEB_CONCURRENCY`` sets the number of processes, ``PORT`` the port, ``GUNICORN_CMD_ARGS`` anything else.
"""

import os
from pathlib import Path

wsgi_app = "config.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 4

# The application is loaded before the workers start, so that a wrong setting stops the start with its one line.
preload_app = True

# Workers are replaced now and then, not all at once, so that a leak anywhere never grows without bound.
max_requests = 10_000
max_requests_jitter = 1_000

# Heartbeats in memory: on a slow disk they would look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None

accesslog = "-"
control_socket_disable = True
