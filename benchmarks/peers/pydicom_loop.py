"""What many people write first: pydicom over a tree, the wanted attributes kept. `pydicom_loop.py TREE`"""

import os
import sys
import warnings

import pydicom

from keywords import KEYWORDS

warnings.simplefilter("ignore")
found = []
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        dataset = pydicom.dcmread(os.path.join(folder, name), stop_before_pixels=True, specific_tags=KEYWORDS)
        found.append([str(dataset.get(keyword, "")) for keyword in KEYWORDS])
print(f"files={len(found)}")
