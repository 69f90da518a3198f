"""Weights from memory-mapped files into modules that were built without memory."""

from __future__ import annotations

import pytest

from studio.errors import WeightsCorrupt
from studio.models.safetensors_io import load_into, read_tensors

torch = pytest.importorskip("torch")
from safetensors.torch import save_file  # noqa: E402


class Net(torch.nn.Module):
    def __init__(self, tied=True):
        super().__init__()
        self.embed = torch.nn.Embedding(50, 8)
        self.norm = torch.nn.BatchNorm1d(8)
        self.head = torch.nn.Linear(8, 50, bias=False)
        if tied:
            self.head.weight = self.embed.weight

    def forward(self, ids):
        return self.head(self.norm(self.embed(ids)))


@pytest.fixture
def stored(tmp_path):
    torch.manual_seed(3)
    net = Net().eval()
    net.norm.running_mean += 0.5
    state = {n: t.clone() for n, t in net.state_dict().items() if n != "head.weight"}
    first = {n: t for n, t in state.items() if n.startswith("embed")}
    save_file(state, tmp_path / "all.safetensors")
    save_file(first, tmp_path / "one.safetensors")
    save_file({n: t for n, t in state.items() if n not in first}, tmp_path / "two.safetensors")
    return net, tmp_path


@pytest.mark.parametrize("files", [["all"], ["one", "two"]])
def test_the_module_computes_what_the_saved_one_did(stored, files):
    net, folder = stored
    again = load_into(Net, [folder / f"{f}.safetensors" for f in files])
    ids = torch.arange(20)
    assert torch.equal(again(ids), net(ids))
    assert again.head.weight is again.embed.weight, "tied weights are one tensor"
    assert not again.training
    assert not any(p.requires_grad for p in again.parameters())


def test_nothing_is_initialised_while_it_is_built(stored, monkeypatch):
    _, folder = stored
    made = []
    original = torch.nn.init.normal_

    def normal(tensor, *args, **kwargs):
        made.append(tensor.device.type)
        return original(tensor, *args, **kwargs)

    monkeypatch.setattr(torch.nn.init, "normal_", normal)
    load_into(Net, folder / "all.safetensors")
    assert set(made) == {"meta"}


def test_half_precision_leaves_whole_numbers(stored):
    _, folder = stored
    half = load_into(Net, folder / "all.safetensors", dtype=torch.bfloat16)
    assert half.embed.weight.dtype == torch.bfloat16
    assert half.norm.num_batches_tracked.dtype == torch.int64


def test_what_does_not_belong_is_refused(stored, tmp_path):
    _, folder = stored
    with pytest.raises(WeightsCorrupt, match="not those"):
        load_into(lambda: torch.nn.Linear(3, 3), folder / "all.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(WeightsCorrupt, match="broken"):
        read_tensors(tmp_path / "broken.safetensors")
    with pytest.raises(WeightsCorrupt, match="repeats"):
        read_tensors([folder / "all.safetensors", folder / "one.safetensors"])


class Computed(torch.nn.Linear):
    def __init__(self):
        super().__init__(2, 2)
        self.register_buffer("steps", torch.arange(4), persistent=False)


def test_a_buffer_that_no_file_holds_is_not_left_empty(tmp_path):
    save_file(torch.nn.Linear(2, 2).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(WeightsCorrupt, match="steps"):
        load_into(Computed, tmp_path / "w.safetensors")
