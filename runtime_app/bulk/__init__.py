"""Bulk scoring: millions of pictures through one bundle on Ray Data; the only place that imports Ray and Arrow.

input (what is to be scored) -> plan (its parts, on disk) -> cluster -> worker (one part) -> part (one Parquet file)
"""
