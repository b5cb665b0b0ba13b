#!/usr/bin/env python3
"""Asks the same questions of a data set twice: by `opl query`, and by Spark over the same files.

    tools/spark-query.py OPL DATA-SET

OPL is the built program. Needs `pip install pyspark==3.5.3` and a Java runtime (Debian: `apt-get install
openjdk-17-jre-headless`); no part of `make test`. Ends with 1 if an answer differs.
"""
import csv
import io
import pathlib
import subprocess
import sys

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


def by_opl(program, data_set, question):
    command = [program, "query", "--data-set", data_set, "--form", "csv", " ".join(question.split())]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(tuple(row) for row in list(csv.reader(io.StringIO(answer)))[1:])


def by_spark(spark, question):
    rows = spark.sql(question).collect()
    return sorted(tuple("" if value is None else str(value) for value in row) for row in rows)


def main():
    program, data_set = sys.argv[1:]
    spark = (
        SparkSession.builder.master("local[1]")
        .appName("opl")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.catalogImplementation", "in-memory")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    version = spark.sparkContext._jvm.java.lang.System.getProperty("java.version")
    print(f"Spark {pyspark.__version__}, Java {version}")
    for table in ("transactions", "balances"):
        place = (pathlib.Path(data_set) / table).resolve()
        spark.sql(f"CREATE TABLE {table} USING parquet LOCATION '{place}'")
        spark.sql(f"MSCK REPAIR TABLE {table}")
    differ = 0
    for name, question in QUESTIONS.items():
        ours, theirs = by_opl(program, data_set, question), by_spark(spark, question)
        differ += ours != theirs
        print(f"{'equal' if ours == theirs else 'DIFFERS'}: {name}, {len(ours)} rows")
        if ours != theirs:
            print(f"  opl query: {ours[:3]}\n  Spark:     {theirs[:3]}")
    spark.stop()
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
