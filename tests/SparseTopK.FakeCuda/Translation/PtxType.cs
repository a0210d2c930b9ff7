namespace SparseTopK.FakeCuda.Translation;

/// <summary>A type of PTX: pred, or a letter (b, u, s, f) and a width in bits.</summary>
internal readonly record struct PtxType(char Kind, int Bits)
{
    public static readonly PtxType Predicate = new('p', 8);
    public static readonly PtxType U32 = new('u', 32);

    private static readonly string[] Known =
        ["pred", "b8", "b16", "b32", "b64", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f16", "f32", "f64"];

    public bool IsFloat => Kind == 'f';

    public int Bytes => Bits / 8;

    /// <summary>The name in kernel.h. Bits are unsigned integers.</summary>
    public string C => Kind == 'p' ? "PRED" : $"{(Kind == 'b' ? 'U' : char.ToUpperInvariant(Kind))}{Bits}";

    public static bool TryParse(ReadOnlySpan<char> text, out PtxType type)
    {
        type = default;
        if (!Known.Contains(text.ToString()))
        {
            return false;
        }

        type = text is "pred" ? Predicate : new(text[0], int.Parse(text[1..], System.Globalization.CultureInfo.InvariantCulture));
        return true;
    }

    public static PtxType Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var type) ? type : throw new ArgumentException($"{text} is no type.", nameof(text));

    public override string ToString() => Kind == 'p' ? "pred" : $"{Kind}{Bits}";
}

/// <summary>Where an address points.</summary>
internal enum Space
{
    Generic,
    Global,
    Shared,
    Local,
    Param,
}
