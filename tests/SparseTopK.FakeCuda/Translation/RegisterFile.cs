using System.Globalization;
using SparseTopK.FakeCuda.Ptx;

namespace SparseTopK.FakeCuda.Translation;

/// <summary>The registers and variables of a kernel, and operands as expressions of C.</summary>
internal sealed class RegisterFile
{
    private static readonly Dictionary<string, string> Special = new()
    {
        ["%tid.x"] = "t->thread.x",
        ["%tid.y"] = "t->thread.y",
        ["%tid.z"] = "t->thread.z",
        ["%ctaid.x"] = "t->block.x",
        ["%ctaid.y"] = "t->block.y",
        ["%ctaid.z"] = "t->block.z",
        ["%ntid.x"] = "t->launch->block.x",
        ["%ntid.y"] = "t->launch->block.y",
        ["%ntid.z"] = "t->launch->block.z",
        ["%nctaid.x"] = "t->launch->grid.x",
        ["%nctaid.y"] = "t->launch->grid.y",
        ["%nctaid.z"] = "t->launch->grid.z",
        ["%laneid"] = "t->lane",
        ["%dynamic_smem_size"] = "0",
    };

    private readonly Dictionary<string, PtxType> _registers = [];
    private readonly Dictionary<string, (Space Space, int Offset)> _variables = [];
    private readonly Dictionary<Space, int> _used = new() { [Space.Shared] = 0, [Space.Local] = 0 };

    public int SharedBytes => _used[Space.Shared];

    public int LocalBytes => _used[Space.Local];

    /// <summary>Declares registers, and says how in C. They start with a pattern that shows if it is read.</summary>
    public string Declare(Registers registers)
    {
        var names = registers.Count is { } count
            ? Enumerable.Range(0, count).Select(i => registers.Name + i.ToString(CultureInfo.InvariantCulture)).ToList()
            : [registers.Name];
        foreach (var name in names)
        {
            if (!_registers.TryAdd(name, registers.Type))
            {
                throw new PtxException(registers.Line, $"the register {name} is declared twice");
            }
        }

        var type = registers.Type;
        var start = type.Kind == 'p' ? "0" : type.IsFloat ? $"{type.C}_OF((U{type.Bits})UNSET)" : $"({type.C})UNSET";
        return $"{type.C} {string.Join(", ", names.Select(name => $"{NameOf(name)} = {start}"))};";
    }

    public void Declare(Variable variable)
    {
        var offset = (_used[variable.Space] + variable.Alignment - 1) / variable.Alignment * variable.Alignment;
        if (!_variables.TryAdd(variable.Name, (variable.Space, offset)))
        {
            throw new PtxException(variable.Line, $"the variable {variable.Name} is declared twice");
        }

        _used[variable.Space] = offset + variable.Bytes;
    }

    /// <summary>An operand as a value of a type.</summary>
    public string Read(int line, Operand operand, PtxType type, bool mayBeWider) => operand switch
    {
        NotPredicate negated when type == PtxType.Predicate => "!" + ReadRegister(line, negated.Register, type, false),
        IntegerConstant constant when type == PtxType.Predicate && constant.Bits <= 1 => constant.Bits == 1 ? "1" : "0",
        IntegerConstant constant when !type.IsFloat && type != PtxType.Predicate => $"({type.C}){constant.Bits}ULL",
        FloatConstant constant when constant.Width == type.Bits && type.IsFloat => $"{type.C}_OF(0x{constant.Bits:X}U{(type.Bits == 64 ? "LL" : "")})",
        FloatConstant constant when constant.Width == type.Bits && type.Kind == 'b' => $"({type.C})0x{constant.Bits:X}ULL",
        Name name when Special.TryGetValue(name.Text, out var special) && type.Bits == 32 && !type.IsFloat => $"({type.C}){special}",
        Name name when _variables.TryGetValue(name.Text, out var variable) && type.Bits >= 32 && !type.IsFloat => $"({type.C}){variable.Offset}",
        Name name => ReadRegister(line, name.Text, type, mayBeWider),
        _ => throw new PtxException(line, $"the operand {operand} cannot be read as {type}"),
    };

    /// <summary>The statement that gives a register a value of a type.</summary>
    public string Write(int line, Operand target, PtxType type, string value, bool mayBeWider)
    {
        if (target is not Name { Text: var name } || !_registers.TryGetValue(name, out var own))
        {
            throw new PtxException(line, $"{target} is not a register");
        }

        value = $"({type.C})({value})";
        if (own.IsFloat != type.IsFloat && own.Bits == type.Bits && IsData(own, type))
        {
            value = own.IsFloat ? $"{own.C}_OF({value})" : $"BITS_{type.C}({value})";
        }
        else if (!CanHold(own, type, mayBeWider))
        {
            throw new PtxException(line, $"the register {name} is {own}, not {type}");
        }

        return $"{NameOf(name)} = {value};";
    }

    private string ReadRegister(int line, string name, PtxType type, bool mayBeWider)
    {
        if (!_registers.TryGetValue(name, out var own))
        {
            throw new PtxException(line, $"{name} is not a register");
        }

        if (own.IsFloat != type.IsFloat && own.Bits == type.Bits && IsData(own, type))
        {
            return type.IsFloat ? $"{type.C}_OF({NameOf(name)})" : $"({type.C})BITS_{own.C}({NameOf(name)})";
        }

        return CanHold(own, type, mayBeWider) ? $"({type.C}){NameOf(name)}" : throw new PtxException(line, $"the register {name} is {own}, not {type}");
    }

    /// <summary>Whether a register has the type, or is an integer register of its width, or of a greater one where that is allowed.</summary>
    private static bool CanHold(PtxType own, PtxType type, bool mayBeWider) =>
        own.C == type.C || (IsData(own, type) && !own.IsFloat && !type.IsFloat && (own.Bits == type.Bits || (mayBeWider && own.Bits > type.Bits)));

    private static bool IsData(PtxType own, PtxType type) => own != PtxType.Predicate && type != PtxType.Predicate;

    private static string NameOf(string register) => "_" + register.TrimStart('%').Replace('$', '_');
}
