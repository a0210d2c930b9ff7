"""bench.py [--once] [--seconds N] [--json FILE] [--markdown FILE]: the kernels beside a device copy and torch's own selection.

Device time by CUDA events, the median over batches; each call of a batch works on another set of memory, so that the cache holds little of
it. Inputs are normal scores, float32. Every forward pass is compared with a bisection in float64 before it is timed.
--once makes each call once and times nothing: for profilers."""
import argparse
import json
import statistics
import sys
import time

import torch

import sparsetopk

SHAPES = [(4096, 8, 2), (4096, 64, 2), (1024, 1024, 32), (64, 32768, 64), (1, 1_000_000, 10_000), (1, 10_000_000, 1_000_000),
          (1_250_000, 8, 2), (156_250, 64, 2), (10_000, 1024, 32), (1, 100_000_000, 1_000_000)]
LAMBDAS = [0.1, 1.0, 10.0]
EXPONENTS = {'p=2': 2.0, 'p=4/3': 4 / 3}
CACHE_BYTES = 4e8


def reference(x, k, p, lam):
    """The mask by bisection of its threshold, in float64."""
    x = x.double()
    a = 1 / (p - 1)
    low, high = x.amin(-1, keepdim=True) - lam, x.amax(-1, keepdim=True)
    for _ in range(100):
        middle = (low + high) / 2
        large = (((x - middle).clamp(min=0) / lam) ** a).clamp(max=1).sum(-1, keepdim=True) >= k
        low, high = torch.where(large, middle, low), torch.where(large, high, middle)
    return (((x - low).clamp(min=0) / lam) ** a).clamp(max=1)


class Clock:
    """Device time of a call in microseconds."""

    def __init__(self, once):
        self.once = once
        self.start, self.end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)

    def __call__(self, run, sets):
        run(*sets[0])
        torch.cuda.synchronize()
        if self.once:
            return float('nan')
        batch = max(1, min(100, int(2000 / max(1.0, self.batch(run, sets, 1)))))
        return statistics.median(self.batch(run, sets, batch) for _ in range(7))

    def batch(self, run, sets, count):
        self.start.record()
        for i in range(count):
            run(*sets[i % len(sets)])
        self.end.record()
        self.end.synchronize()
        return self.start.elapsed_time(self.end) * 1e3 / count


def memory(rows, n, once):
    count = 1 if once else max(1, min(8, int(CACHE_BYTES / (rows * n * 8))))
    return [(torch.randn(rows, n, device='cuda'), torch.full((rows, n), float('nan'), device='cuda')) for _ in range(count)]


def rivals(clock, k, sets):
    """What torch takes: the copy is the unit of all figures."""
    return {
        'copy': clock(lambda x, y: y.copy_(x), sets),
        'topk sorted': clock(lambda x, y: torch.topk(x, k), sets),
        'topk': clock(lambda x, y: torch.topk(x, k, sorted=False), sets),
        'topk + scatter': clock(lambda x, y: y.zero_().scatter_(-1, torch.topk(x, k, sorted=False).indices, 1.0), sets),
    }


def ours(gpu, clock, k, p, lam, sets):
    x, y = sets[0]
    thresholds = torch.empty(x.shape[0], dtype=torch.float64, device='cuda')
    gpu.mask(x, k, p, lam, out=y)
    expected = reference(x, k, p, lam)
    error = float('inf') if y.isnan().any() else ((y.double() - expected).norm() / expected.norm()).item()
    del expected
    gradients = [(torch.randn_like(x), torch.empty_like(x))]
    line = {
        'error': error,
        'mask': clock(lambda x, y: gpu.mask(x, k, p, lam, out=y), sets),
        'magnitude': clock(lambda x, z: gpu.magnitude(x, k, p, lam, out=z, thresholds=thresholds), sets),
    }
    gpu.mask(x, k, p, lam, out=y)
    line['mask vjp'] = clock(lambda g, out: gpu.mask_vjp(y, g, p, lam, out=out), gradients)
    gpu.magnitude(x, k, p, lam, out=y, thresholds=thresholds)
    line['magnitude vjp'] = clock(lambda g, out: gpu.magnitude_vjp(x, thresholds, g, k, p, lam, out=out), gradients)
    return line


def markdown(results):
    """One line for each cell, in copies of x (copy: microseconds)."""
    columns = ['topk', 'topk + scatter', 'mask', 'mask vjp', 'magnitude', 'magnitude vjp']
    yield '| rows x n, k | lambda | p | copy, us | ' + ' | '.join(columns) + ' |'
    yield '| --- ' * (len(columns) + 4) + '|'
    for line in results:
        cells = ' | '.join('%.2f' % (line[column] / line['copy']) for column in columns)
        yield '| %d x %d, %d | %g | %s | %.1f | %s |' % (line['rows'], line['n'], line['k'], line['lambda'], line['p'], line['copy'], cells)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--once', action='store_true')
    arguments.add_argument('--seconds', type=float, default=1e9)
    arguments.add_argument('--json')
    arguments.add_argument('--markdown')
    options = arguments.parse_args()
    clock, gpu, results, begun = Clock(options.once), sparsetopk.SparseTopK(), [], time.time()
    print(torch.cuda.get_device_name(), torch.__version__, flush=True)
    cells = [(shape, name, lam) for name in EXPONENTS for lam in LAMBDAS for shape in SHAPES]
    known = {}
    for (rows, n, k), name, lam in cells:
        if time.time() - begun > options.seconds:
            break
        sets = memory(rows, n, options.once)
        if (rows, n, k) not in known:
            known[rows, n, k] = rivals(clock, k, sets)
        line = {'rows': rows, 'n': n, 'k': k, 'p': name, 'lambda': lam, **known[rows, n, k], **ours(gpu, clock, k, EXPONENTS[name], lam, sets)}
        results.append(line)
        print(' '.join('%s %s' % (key, '%.4g' % value if isinstance(value, float) else value) for key, value in line.items()), flush=True)
        del sets
    if options.json:
        with open(options.json, 'w') as file:
            json.dump({'device': torch.cuda.get_device_name(), 'torch': torch.__version__, 'unit': 'us', 'cells': results}, file, indent=1)
    if options.markdown:
        with open(options.markdown, 'w') as file:
            file.write('%s, torch %s; float32, normal scores; in copies of x\n\n' % (torch.cuda.get_device_name(), torch.__version__))
            file.write('\n'.join(markdown(results)) + '\n')
    wrong = sum(not line['error'] < 1e-5 for line in results)
    print('%d of %d cells, %d wrong' % (len(results), len(cells), wrong))
    return 1 if wrong or not results else 0


if __name__ == '__main__':
    sys.exit(main())
