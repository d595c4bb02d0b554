"""What a gRPC client makes of faults: grpc_faults.py ADDRESS TIMEOUT METHOD…

One line of JSON a method: the status that the call ends with, and its message.
"""

import json
import sys

import grpc

address, timeout, *methods = sys.argv[1:]
with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
    for method in methods:
        call = channel.unary_unary(f"/shop.Orders/{method}")
        try:
            call(b"", timeout=float(timeout))
            seen = {"code": 0, "details": ""}
        except grpc.RpcError as error:
            seen = {"code": error.code().value[0], "details": error.details()}
        print(json.dumps({"method": method, **seen}), flush=True)
