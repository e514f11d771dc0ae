"""Reviews to start from, written for this lab: each is hard for some model in a way of its own."""

from typing import NamedTuple


class Sample(NamedTuple):
    """A sample review: what it shows in two words, and its text."""

    title: str
    text: str


SAMPLES = {
    "warm": Sample(
        "Plain praise",
        "I went in tired and came out humming. The two leads are wonderful together, the jokes "
        "land without anyone being humiliated, and the last scene on the ferry is one of the most "
        "beautiful things I have seen this year. My father, who falls asleep in every film, stayed "
        "awake and asked for the soundtrack. Highly recommended.",
    ),
    "negation": Sample(
        "Negation",
        "Not bad at all. I did not expect to enjoy a three-hour film about a lighthouse keeper, "
        "and I was never bored. The dialogue is not clever for its own sake, nobody overacts, and "
        "there is nothing cheap about the ending. I can't think of a scene that doesn't work.",
    ),
    "irony": Sample(
        "Irony",
        "What a masterpiece. Only a true genius could take a fine cast, a huge budget and a great "
        "novel, and make something this perfect for curing insomnia. I especially loved the "
        "brilliant idea to explain the plot four times. By the end I was moved, mostly towards "
        "the exit.",
    ),
    "mixed": Sample(
        "Mixed feelings",
        "The first hour is superb: tense, funny, beautifully shot. Then somebody must have lost "
        "the script. The second half is a mess of chases and speeches, the villain turns out to be "
        "the boring cousin, and the twist is insulting. I admired the camera work and the music, "
        "and I still walked out disappointed.",
    ),
    "names": Sample(
        "Names",
        "Starring Uwe Boll's favourite stuntman and written by a committee, this one had me "
        "expecting the worst; I thought of Seagal, of Battlefield Earth, of Plan 9. Instead it "
        "has the patience of Miyazaki and a heroine Hitchcock would have liked. Mr. Oduya and "
        "Ms. Lindqvist carry it between them.",
    ),
    "shrug": Sample(
        "A shrug",
        "It is a film. Things happen in it, then it stops. I have seen worse on a plane and better "
        "on a bus. If it is raining and the other screen is sold out, you could do worse than buy "
        "a ticket, though you could also read a book.",
    ),
}
