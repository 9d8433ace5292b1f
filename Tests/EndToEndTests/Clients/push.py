"""Pushes what a registry of prometheus_client holds to a remote write endpoint, as a batch job does.

Usage: push.py URL. Prints the answer's status and the number of series.
"""
import sys
import time
import urllib.request

import snappy
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

FIELD = descriptor_pb2.FieldDescriptorProto


def write_request_class():
    """The message of remote write 1, described here so that no generated code is needed."""
    file = descriptor_pb2.FileDescriptorProto(name="remote.proto", package="prometheus", syntax="proto3")

    def message(name, *fields):
        described = file.message_type.add(name=name)
        for number, (field, kind, reference) in enumerate(fields, start=1):
            added = described.field.add(name=field, number=number, type=kind)
            added.label = FIELD.LABEL_REPEATED if reference else FIELD.LABEL_OPTIONAL
            if reference:
                added.type_name = ".prometheus." + reference

    message("Label", ("name", FIELD.TYPE_STRING, None), ("value", FIELD.TYPE_STRING, None))
    message("Sample", ("value", FIELD.TYPE_DOUBLE, None), ("timestamp", FIELD.TYPE_INT64, None))
    message("TimeSeries", ("labels", FIELD.TYPE_MESSAGE, "Label"), ("samples", FIELD.TYPE_MESSAGE, "Sample"))
    message("WriteRequest", ("timeseries", FIELD.TYPE_MESSAGE, "TimeSeries"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("prometheus.WriteRequest"))


def registry():
    result = CollectorRegistry()
    Counter("client_jobs", "Jobs done.", ["kind"], registry=result).labels("mail").inc(3)
    Gauge("client_queue_length", "Jobs that wait.", registry=result).set(7.5)
    seconds = Histogram("client_job_seconds", "Time of jobs.", buckets=(0.1, 1, 10), registry=result)
    for value in (0.05, 0.5, 5, 50):
        seconds.observe(value)
    Summary("client_bytes", "Bytes sent.", registry=result).observe(2048)
    return result


request = write_request_class()()
now = int(time.time() * 1000)
for family in registry().collect():
    for sample in family.samples:
        series = request.timeseries.add()
        for name, value in sorted({**sample.labels, "__name__": sample.name, "job": "python"}.items()):
            series.labels.add(name=name, value=value)
        series.samples.add(value=sample.value, timestamp=now)
call = urllib.request.Request(
    sys.argv[1] + "/api/v1/write",
    data=snappy.compress(request.SerializeToString()),
    headers={
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    },
)
with urllib.request.urlopen(call) as reply:
    print(reply.status, len(request.timeseries))
