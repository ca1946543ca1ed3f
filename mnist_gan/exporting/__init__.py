"""A generator in the formats of other programs."""

ENDINGS = {  # of the file that is written, by the name of its format; "" for a folder
    "onnx": ".onnx",
    "savedmodel": "",
    "litert": ".tflite",
    "npz": ".npz",
    "html": ".html",
    "hub": "",
}
