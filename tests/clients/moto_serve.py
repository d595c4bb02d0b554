"""Serves moto on a free port and writes the port to a file when it does."""

import os
import sys
import threading

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
with open(sys.argv[1] + ".part", "w") as file:
    file.write(str(port))
os.rename(sys.argv[1] + ".part", sys.argv[1])
threading.Event().wait()
