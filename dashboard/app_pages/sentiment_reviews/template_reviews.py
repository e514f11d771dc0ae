"""A dozen labelled reviews to begin with, written for this lab: a template of the file to upload.

Text, label, and a guess such as a visitor might make; two of the guesses are wrong.
"""

NAME = "my-reviews.csv"
ROWS = (
    (
        "I laughed, I cried, and on the way home I called my sister to tell her about it. Lovely.",
        "for",
        "0.95",
    ),
    (
        "Two hours of men explaining maps to each other. Dull, badly lit and far too long.",
        "against",
        "0.05",
    ),
    (
        "Not the disaster I was warned about; not one scene of it bored me.",
        "for",
        "0.7",
    ),
    (
        "If you have trouble sleeping, I can recommend this masterpiece with all my heart.",
        "against",
        "0.8",
    ),
    (
        "It starts out clumsy and cheap, the jokes are awful, and then, somehow, it becomes the "
        "most moving hour I have spent in a cinema this year.",
        "for",
        "0.85",
    ),
    (
        "A wonderful cast, a great composer, a superb set: what a pity that nobody brought a "
        "story.",
        "against",
        "0.3",
    ),
    (
        "The villain is horrible, the murders are disgusting, the ending is terrifying. I want to "
        "see it again tomorrow.",
        "for",
        "0.45",
    ),
    (
        "My children loved it. I would rather have cleaned the oven.",
        "against",
        "0.35",
    ),
    (
        "One of the best films about friendship that I know: warm, funny and beautifully acted.",
        "for",
        "0.9",
    ),
    (
        "The script is a mess, the acting is terrible, and the special effects look like toys.",
        "against",
        "0.1",
    ),
    (
        "An excellent thriller. I loved the photography, and the last half hour is perfect.",
        "for",
        "0.95",
    ),
    (
        "Boring, predictable and a complete waste of a good actress; 3/10, and two of those are "
        "for the dog.",
        "against",
        "0.1",
    ),
)
