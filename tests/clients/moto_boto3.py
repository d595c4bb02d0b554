"""boto3 against moto: S3 with signatures, metadata, multipart uploads and pages."""

import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from transcript import BASE, CA, noise, out, random

s3 = boto3.client(
    "s3",
    endpoint_url=BASE,
    region_name="eu-central-1",
    verify=CA,
    aws_access_key_id="testing-key-id",
    aws_secret_access_key="testing-access-key",
    config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)


def failure(call, **arguments):
    try:
        call(**arguments)
        return "none"
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]


BUCKET = "bucket"
out("missing", failure(s3.head_bucket, Bucket=BUCKET))
s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
out("buckets", [one["Name"] for one in s3.list_buckets()["Buckets"]])
for n in range(5):
    s3.put_object(
        Bucket=BUCKET, Key=f"key {n}/ü", Body=f"body {n}".encode(), Metadata={"Mixed-Case": f"v{n}"}
    )
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 2})
out("pages", [[one["Key"] for one in page.get("Contents", [])] for page in pages])
got = s3.get_object(Bucket=BUCKET, Key="key 3/ü")
out("get", [got["Body"].read(), got["Metadata"], got["ETag"]])
random("modified", got["LastModified"])
part = s3.get_object(Bucket=BUCKET, Key="key 3/ü", Range="bytes=1-2")
out("range", [part["Body"].read(), part["ContentRange"]])
out("head", s3.head_object(Bucket=BUCKET, Key="key 1/ü")["ContentLength"])
out("none", failure(s3.get_object, Bucket=BUCKET, Key="none"))
s3.put_object(Bucket=BUCKET, Key="key 3/ü", Body=b"changed")
out("changed", s3.get_object(Bucket=BUCKET, Key="key 3/ü")["Body"].read())

large = noise(6 << 20)
begun = s3.create_multipart_upload(Bucket=BUCKET, Key="large")["UploadId"]
parts = []
for number, piece in enumerate((large[: 5 << 20], large[5 << 20 :]), 1):
    done = s3.upload_part(Bucket=BUCKET, Key="large", UploadId=begun, PartNumber=number, Body=piece)
    parts.append({"PartNumber": number, "ETag": done["ETag"]})
s3.complete_multipart_upload(
    Bucket=BUCKET, Key="large", UploadId=begun, MultipartUpload={"Parts": parts}
)
out("large", s3.get_object(Bucket=BUCKET, Key="large")["Body"].read())
out("deleted", s3.delete_objects(
    Bucket=BUCKET, Delete={"Objects": [{"Key": "key 0/ü"}, {"Key": "key 1/ü"}]}
)["ResponseMetadata"]["HTTPStatusCode"])
out("left", [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]])
assert os.environ.get("HTTPS_PROXY") is None
