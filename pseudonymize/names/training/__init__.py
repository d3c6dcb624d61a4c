"""Text made from our own templates, to train and to judge the recognizer of names.

No sentence and no name comes from a corpus: names are drawn from syllables, sentences from templates, and both are
divided into a part for training and a part for judging that share neither a template nor a given name.
"""
