#!/usr/bin/env python3
"""Asks the same questions of a data set twice: by `opl query`, and by Spark over the same files.

    tools/spark-query.py OPL DATA-SET [--cluster]

OPL is the built program. Spark runs in one process, or with --cluster as a master and two workers of their own,
which share the work of each question. Needs `pip install pyspark==3.5.3` and a Java runtime (Debian: `apt-get install
openjdk-17-jre-headless`); no part of `make test`. Ends with 1 if an answer differs.
"""
import contextlib
import csv
import io
import os
import pathlib
import socket
import subprocess
import sys
import time

import pyspark
from pyspark.sql import SparkSession

QUESTIONS = {
    "month by category": """SELECT booked_month, category, sum(amount_minor) AS minor
        FROM transactions WHERE category_kind = 'spending' GROUP BY booked_month, category""",
    "rows, sum, first and last day": """SELECT count(*) AS n, sum(amount_minor) AS minor,
        min(booked_on) AS first_day, max(booked_on) AS last_day FROM transactions""",
    "by currency and state": """SELECT currency, state, count(*) AS n, sum(amount_minor) AS minor
        FROM transactions GROUP BY currency, state""",
    "balances": """SELECT booked_month, currency, count(*) AS n, sum(closing_minor) AS minor
        FROM balances GROUP BY booked_month, currency""",
}


WORKERS = 2
# How long master and workers may take to find each other, in seconds.
CLUSTER_WITHIN = 60


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def cluster():
    """A standalone cluster on this machine; its address, while it lasts."""
    home = pathlib.Path(pyspark.__file__).parent
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    address = f"127.0.0.1:{free_port()}"
    host, port = address.split(":")
    master = ["org.apache.spark.deploy.master.Master", "--host", host, "--port", port]
    worker = ["org.apache.spark.deploy.worker.Worker", "--host", host, "--cores", "1", "--memory", "1g"]
    started = []

    def start(kind, *arguments):
        arguments = [str(home / "bin" / "spark-class"), *kind, "--webui-port", str(free_port()), *arguments]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(arguments, env=environment, **quiet))

    try:
        start(master)
        for _ in range(CLUSTER_WITHIN * 5):
            with socket.socket() as trial:
                if trial.connect_ex((host, int(port))) == 0:
                    break
            time.sleep(0.2)
        for _ in range(WORKERS):
            start(worker, f"spark://{address}")
        yield f"spark://{address}"
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()


def executors(spark):
    """How many processes work for us, beside the one that asks."""
    return spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1


def by_opl(program, data_set, question):
    command = [program, "query", "--data-set", data_set, "--form", "csv", " ".join(question.split())]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(tuple(row) for row in list(csv.reader(io.StringIO(answer)))[1:])


def by_spark(spark, question):
    rows = spark.sql(question).collect()
    return sorted(tuple("" if value is None else str(value) for value in row) for row in rows)


def compare(program, data_set, master, workers):
    spark = (
        SparkSession.builder.master(master)
        .appName("opl")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.catalogImplementation", "in-memory")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    version = spark.sparkContext._jvm.java.lang.System.getProperty("java.version")
    until = time.monotonic() + CLUSTER_WITHIN
    while executors(spark) < workers and time.monotonic() < until:
        time.sleep(0.2)
    print(f"Spark {pyspark.__version__}, Java {version}, {executors(spark)} workers of their own")
    for table in ("transactions", "balances"):
        place = (pathlib.Path(data_set) / table).resolve()
        spark.sql(f"CREATE TABLE {table} USING parquet LOCATION '{place}'")
        spark.sql(f"MSCK REPAIR TABLE {table}")
    differ = int(executors(spark) < workers)
    for name, question in QUESTIONS.items():
        ours, theirs = by_opl(program, data_set, question), by_spark(spark, question)
        differ += ours != theirs
        print(f"{'equal' if ours == theirs else 'DIFFERS'}: {name}, {len(ours)} rows")
        if ours != theirs:
            print(f"  opl query: {ours[:3]}\n  Spark:     {theirs[:3]}")
    spark.stop()
    return 1 if differ else 0


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--cluster"]
    program, data_set = arguments
    if "--cluster" not in sys.argv:
        return compare(program, data_set, "local[1]", 0)
    with cluster() as master:
        return compare(program, data_set, master, WORKERS)


if __name__ == "__main__":
    sys.exit(main())
