"""PyTorch's side of ``benchmarks.train``, run by an interpreter that has PyTorch and nothing of Scanline.

First of all it says what it is. Then, for each line on stdin, it trains one round and answers with the images
per second.
"""

import json
import sys
import time

import torch


def main() -> None:
    """Arguments: units, timesteps, features, batch size, batches a round."""
    units, timesteps, features, size, batches = map(int, sys.argv[1:])
    torch.manual_seed(1)
    images = torch.randn(size * batches, timesteps, features)
    labels = torch.randint(0, 2, (len(images), 1)).float()
    lstm, dense = torch.nn.LSTM(features, units, batch_first=True), torch.nn.Linear(units, 1)
    optimizer = torch.optim.Adam([*lstm.parameters(), *dense.parameters()])
    loss_of = torch.nn.BCEWithLogitsLoss()

    def train() -> float:
        started = time.perf_counter()
        for chosen in torch.randperm(len(images)).split(size):
            optimizer.zero_grad()
            states, _ = lstm(images[chosen])
            loss = loss_of(dense(states[:, -1]), labels[chosen])
            loss.backward()
            optimizer.step()
        loss.item()
        return len(images) / (time.perf_counter() - started)

    train()
    about = {"version": torch.__version__, "threads": torch.get_num_threads(), "peak": _peak()}
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        print(json.dumps(train()), flush=True)


def _peak(side: int = 2048, times: int = 5) -> float:
    """GFLOP/s of PyTorch's own product of two square matrices, the best of a few."""
    matrix = torch.randn(side, side)
    rates = []
    for _ in range(times):
        started = time.perf_counter()
        _ = matrix @ matrix
        rates.append(2 * side**3 / (time.perf_counter() - started) / 1e9)
    return max(rates)


if __name__ == "__main__":
    main()
