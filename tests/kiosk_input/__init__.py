"""The input method: fonts, pinyin, keyboards. Real librime, real windows, real touches."""
