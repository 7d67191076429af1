"""Trains the embedded model and writes model/scenes.onnx and model/card.json.

    npx tsx --conditions=@sightline/source packages/scenes/training/dataset.ts DIR
    python3 packages/scenes/training/train.py DIR

Needs PyTorch 1.13, onnx and numpy. About ten minutes on two cores; the same seed, versions and thread count give the same model.
"""

import argparse
import json
import pathlib
import time
from collections import OrderedDict

import numpy
import onnx
import torch
from onnx import numpy_helper
from torch import nn

SEED = 2026
EPOCHS = 10
BATCH = 128
RATE = 4e-3
CHANNELS = (16, 48, 96)
CLASSES = ['disc', 'square', 'triangle', 'star', 'cross', 'ring', 'crescent', 'heart']
MODEL = pathlib.Path(__file__).resolve().parent.parent / 'model'


def conv(inputs, outputs, size, stride=1):
    # BatchNorm is folded into its convolution by the export.
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)


class Stage(nn.Module):
    """One residual block."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.norm1 = conv(inputs, outputs, 3, stride)
        self.relu1 = nn.ReLU()
        self.conv2, self.norm2 = conv(outputs, outputs, 3)
        self.shortcut, self.norm3 = conv(inputs, outputs, 1, stride) if stride > 1 else (nn.Identity(), nn.Identity())
        self.relu2 = nn.ReLU()

    def forward(self, x):
        y = self.relu1(self.norm1(self.conv1(x)))
        return self.relu2(self.norm2(self.conv2(y)) + self.norm3(self.shortcut(x)))


class Network(nn.Module):
    """64 x 64 pictures, maps of 32, 16 and 8, global average pooling and one linear layer: CAM applies as it was published."""

    def __init__(self):
        super().__init__()
        first, second, third = CHANNELS
        convolution, norm = conv(3, first, 3, 2)
        self.stem = nn.Sequential(OrderedDict(conv=convolution, norm=norm, relu=nn.ReLU()))
        self.stage1 = Stage(first, first, 1)
        self.stage2 = Stage(first, second, 2)
        self.stage3 = Stage(second, third, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(third, len(CLASSES))

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.head(self.flatten(self.pool(x)))


def load(directory, split):
    labels = torch.from_numpy(numpy.fromfile(directory / f'{split}.labels', numpy.uint8).reshape(-1, 2).astype(numpy.int64))
    pictures = numpy.fromfile(directory / f'{split}.pictures', numpy.uint8).reshape(-1, 3, 64, 64)
    assert len(pictures) == len(labels), f'{split} is incomplete'
    return torch.from_numpy(pictures), labels


def preprocess(pictures):
    return (pictures.float() - 128) / 64


def augment(pictures):
    """Symmetries of the square, permuted channels, brightness and contrast: a class keeps its shape under all of them."""
    parts = []
    for part in pictures.chunk(4):
        part = part[:, torch.randperm(3)]
        if torch.rand(()) < 0.5:
            part = part.flip(3)
        parts.append(torch.rot90(part, int(torch.randint(4, ())), (2, 3)))
    x = preprocess(torch.cat(parts))
    shape = (len(x), 1, 1, 1)
    return x * (0.8 + 0.4 * torch.rand(shape)) + 0.3 * (torch.rand(shape) - 0.5)


def predict(network, pictures):
    network.eval()
    with torch.no_grad():
        return torch.cat([network(preprocess(part)) for part in pictures.split(250)])


def evaluate(network, scenes, pairs):
    top = predict(network, scenes[0]).argmax(1)
    both = predict(network, pairs[0]).topk(2).indices.sort(1).values == pairs[1].sort(1).values
    return (top == scenes[1][:, 0]).float().mean().item(), both.all(1).float().mean().item(), top


def train(network, pictures, labels, report):
    soft = nn.functional.one_hot(labels, len(CLASSES)).float().mean(1)  # a pair's classes get a half each
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.02)
    steps = len(pictures) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * steps, pct_start=0.2)
    for epoch in range(EPOCHS):
        network.train()
        order = torch.randperm(len(pictures))
        total = 0.0
        for step in range(steps):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            loss = nn.functional.cross_entropy(network(augment(pictures[chosen])), soft[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        report(epoch, total / steps)


def export(network, path):
    network.eval()
    torch.onnx.export(
        network, torch.zeros(1, 3, 64, 64), str(path), opset_version=13,
        input_names=['input'], output_names=['logits'], dynamic_axes={'input': {0: 'N'}, 'logits': {0: 'N'}},
    )  # fmt: skip
    model = onnx.load(str(path))
    rename(model.graph)
    model.doc_string = 'Sightline scenes: 8 classes of drawn shapes; 64 x 64 RGB, (value - 128) / 64.'
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return model.graph


def rename(graph):
    """Names after the modules ("stage3.relu2", "stage3.conv1.weight") in place of the exporter's numbers."""
    names = {}
    outputs = {output.name for output in graph.output}
    for node in graph.node:
        path = node.name.strip('/').split('/')
        node.name = '.'.join(path[:-1] + [path[-1].lower()] if path[-1] == 'Add' else path[:-1])
        if node.output[0] not in outputs:
            names[node.output[0]] = node.name
        if node.op_type in ('Conv', 'Gemm'):
            names.update(zip(node.input[1:], (node.name + '.weight', node.name + '.bias')))
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for tensor in [*graph.initializer, *graph.value_info]:
        tensor.name = names.get(tensor.name, tensor.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('directory', type=pathlib.Path)
    parser.add_argument('--date', default=time.strftime('%Y-%m'))
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    training = [load(options.directory, split) for split in ('train-scenes', 'train-pairs')]
    scenes, pairs = (load(options.directory, split) for split in ('heldout-scenes', 'heldout-pairs'))
    network = Network()
    start = time.time()

    def report(epoch, loss):
        top, both, _ = evaluate(network, scenes, pairs)
        print(f'{epoch + 1:2d} loss {loss:.4f} top-1 {top:.4f} both of a pair {both:.4f} {time.time() - start:.0f} s', flush=True)

    train(network, torch.cat([t[0] for t in training]), torch.cat([t[1] for t in training]), report)
    top, both, predicted = evaluate(network, scenes, pairs)
    MODEL.mkdir(exist_ok=True)
    graph = export(network, MODEL / 'scenes.onnx')
    right = predicted == scenes[1][:, 0]
    card = {
        'name': 'scenes',
        'description': 'Classifies drawn shapes among distractors; a residual network with global average pooling and a linear head.',
        'license': 'Apache-2.0',
        'labels': CLASSES,
        'input': {'name': 'input', 'dims': ['N', 3, 64, 64]},
        'output': {'name': 'logits', 'dims': ['N', 8]},
        'preprocessing': {
            'size': [64, 64], 'channelOrder': 'RGB', 'mean255': [128] * 3, 'std255': [64] * 3, 'fit': 'stretch', 'cropFraction': 1,
        },  # fmt: skip
        'lastSpatialLayer': {'tensor': 'stage3.relu2', 'dims': ['N', CHANNELS[2], 8, 8]},
        'parameters': sum(numpy_helper.to_array(tensor).size for tensor in graph.initializer),
        'accuracy': {
            'top1': round(top, 4),
            'bothOfAPair': round(both, 4),
            'perClass': {name: round(right[scenes[1][:, 0] == i].float().mean().item(), 4) for i, name in enumerate(CLASSES)},
        },
        'data': {
            'training': {'scenes': len(training[0][0]), 'pairs': len(training[1][0]), 'firstSeed': 1_000_000},
            'heldOut': {'scenes': len(scenes[0]), 'pairs': len(pairs[0]), 'firstSeed': 0},
        },
        'training': {'date': options.date, 'seed': SEED, 'epochs': EPOCHS, 'batch': BATCH, 'threads': 2, 'torch': torch.__version__},
    }
    (MODEL / 'card.json').write_text(json.dumps(card, indent=2) + '\n')
    print(f'top-1 {top:.4f}, both of a pair {both:.4f}, {card["parameters"]} parameters')


if __name__ == '__main__':
    main()
