"""Makes the pictures that the README shows: `python docs/make_pictures.py`.

They come from a handshake in memory with a seed, and so are the same each time.
"""

from pathlib import Path

from tlslab import lab
from tlslab.view import Picture, plot_ladder

FOLDER = Path(__file__).parent


def pictures() -> dict[str, Picture]:
    """Each picture, by the name of its file."""
    return {"handshake.svg": plot_ladder(lab.handshake(seed=1).trace)}


def main() -> None:
    """Write all of them."""
    for name, picture in pictures().items():
        picture.save(FOLDER / name)


if __name__ == "__main__":
    main()
