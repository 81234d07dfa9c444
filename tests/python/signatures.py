"""Prints bodies with the recipe's signatures: {"key", "body" (hex), "signature"}, a line each."""

import argparse
import json

import material
import recipe

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--count", type=int, required=True)
arguments = parser.parse_args()

keys = material.keys(arguments.seed, arguments.count)
for key, body in zip(keys, material.bodies(arguments.seed, arguments.count), strict=True):
    print(json.dumps({"key": key, "body": body.hex(), "signature": recipe.sign(key, body)}))
