"""EASE in numpy, as one writes it down. Fits once for each line on standard
input and answers with the seconds; leaves the weights of the last in a file."""

import sys
import time

import numpy

purchases = numpy.fromfile(sys.argv[1], dtype="<u4").reshape(-1, 2)
penalty = float(sys.argv[3])
X = numpy.zeros(purchases.max(axis=0) + 1)
X[purchases[:, 0], purchases[:, 1]] = 1.0
B = None
for _ in sys.stdin:
    started = time.perf_counter()
    G = X.T @ X
    G[numpy.diag_indices_from(G)] += penalty
    P = numpy.linalg.inv(G)
    B = P / -numpy.diag(P)
    numpy.fill_diagonal(B, 0.0)
    print(time.perf_counter() - started, flush=True)
if B is not None:
    # Ours stand target by target.
    numpy.ascontiguousarray(B.T).astype("<f8").tofile(sys.argv[2])
