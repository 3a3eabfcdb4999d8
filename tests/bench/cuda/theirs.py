"""The PyTorch half of bench_cuda's steps: the cases of ../peers/theirs.py on a GPU, eager or as CUDA graphs.

    theirs.py [--graph]      one JSON object per line: name, graph, ms, memory; or error

Exit status 3, and a line with "skipped", where there is no PyTorch with CUDA. f32 products and convolutions are true
single precision on both sides.
"""
import json
import os
import statistics
import sys
import time

try:
    import torch
except ImportError:
    torch = None
if torch is None or not torch.cuda.is_available():
    print(json.dumps({"skipped": "no PyTorch" if torch is None else f"PyTorch {torch.__version__} sees no GPU"}))
    sys.exit(3)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import theirs  # noqa: E402

CASES = {
    "mlp 784-1024-1024-10, batch 256, Adam": lambda: theirs.mlp_step([784, 1024, 1024, 10], 256, False),
    "mlp 784-1024-1024-10, batch 4096, Adam": lambda: theirs.mlp_step([784, 1024, 1024, 10], 4096, False),
    "infomax, two views of 256, Adam": lambda: theirs.infomax_step(256),
    "infomax, two views of 2048, Adam": lambda: theirs.infomax_step(2048),
    "InfoNCE 16384 pairs, d = 128": lambda: theirs.infonce_step(16384),
    "fuzzy MI 16 x 512 x 512, 32 bins": lambda: theirs.fuzzy_mi(16, 512, 32, theirs.dense_mi),
}


def as_graph(step):
    """As PyTorch's documentation does it: warm up on a side stream, capture, replay."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def milliseconds(step):
    """As bench_cuda: the median of nine rounds, each long enough that waiting at its end does not count."""
    def round_of(calls):
        start = time.perf_counter()
        for _ in range(calls):
            step()
        torch.cuda.synchronize()
        return 1e3 * (time.perf_counter() - start) / calls

    warm = 0.0
    while warm < 300:  # until the clocks have risen
        each = round_of(5)
        warm += 5 * each
    calls = min(max(int(50 / max(each, 1e-3)), 3), 2000)
    return statistics.median(round_of(calls) for _ in range(9))


def main():
    graph = "--graph" in sys.argv
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    if graph:
        theirs.ADAM["capturable"] = True
    print(json.dumps({"version": f"PyTorch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}"}))
    for name, make in CASES.items():
        result = {"name": name, "graph": graph}
        try:
            torch.cuda.empty_cache()
            before = torch.cuda.memory_allocated()
            with torch.device("cuda"):  # not the steps: it slows every call, and moves what Adam keeps on the host
                step = make()
            step()
            if graph:
                step = as_graph(step)
            torch.cuda.reset_peak_memory_stats()
            result["ms"] = milliseconds(step)
            if not graph:  # a graph's memory is no longer allocated and freed
                result["memory"] = torch.cuda.max_memory_allocated() - before
            del step
        except Exception as error:  # the other cases go on
            result["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(result), flush=True)


main()
