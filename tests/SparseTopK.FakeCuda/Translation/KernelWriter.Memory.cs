using SparseTopK.FakeCuda.Ptx;

namespace SparseTopK.FakeCuda.Translation;

/// <summary>Instructions that read and write memory, every address of which is checked when the kernel runs.</summary>
internal sealed partial class KernelWriter
{
    private string Translate(Instruction instruction, Load load)
    {
        Expect(instruction, 2);
        var registers = Items(instruction, instruction.Operands[0], load.Count);
        var place = Place(instruction, instruction.Operands[1], load.Space, load.Type, load.Count, "READ");
        return ReadAll(instruction, registers, load.Type, place);
    }

    private string Translate(Instruction instruction, Store store)
    {
        Expect(instruction, 2);
        var values = Items(instruction, instruction.Operands[1], store.Count);
        var place = Place(instruction, instruction.Operands[0], store.Space, store.Type, store.Count, "WRITE");
        if (store.Count == 1)
        {
            return $"*({store.Type.C} *){place} = {_registers.Read(instruction.Line, values[0], store.Type, mayBeWider: true)};";
        }

        var writes = values.Select((value, i) => $"m[{i}] = {_registers.Read(instruction.Line, value, store.Type, mayBeWider: true)};");
        return $"{{ {store.Type.C} *m = (void *){place}; {string.Join(' ', writes)} }}";
    }

    private string Translate(Instruction instruction, Atomic atomic)
    {
        var (line, type, first) = (instruction.Line, atomic.Type, atomic.HasResult ? 2 : 1);
        Expect(instruction, first + atomic.Operands);
        var value = Fill(instruction, atomic.Expression, [.. Enumerable.Repeat(type, atomic.Operands)], first, mayBeWider: false);
        var place = Place(instruction, instruction.Operands[first - 1], atomic.Space, type, 1, "ATOMIC");
        var result = atomic.HasResult ? " " + _registers.Write(line, instruction.Operands[0], type, "old", mayBeWider: false) : "";
        return $"{{ {type.C} *m = (void *){place}, old = *m; *m = {value};{result} }}";
    }

    /// <summary>Parameters are checked here, and then read without a check.</summary>
    private string LoadParameter(Instruction instruction, Load load)
    {
        Expect(instruction, 2);
        var registers = Items(instruction, instruction.Operands[0], load.Count);
        var bytes = load.Type.Bytes * load.Count;
        if (instruction.Operands[1] is not Address { Base: Name { Text: var name }, Offset: var offset }
            || _kernel.Parameters.FirstOrDefault(p => p.Name == name) is not { } parameter
            || offset < 0 || offset + bytes > parameter.Bytes || (parameter.Offset + offset) % bytes != 0)
        {
            throw new PtxException(instruction.Line, $"{instruction.Operands[1]} is not {bytes} bytes of a parameter");
        }

        var place = $"(t->parameters + {parameter.Offset + offset})";
        return ReadAll(instruction, registers, load.Type, place);
    }

    /// <summary>The values of a vector are read before a register is written, which may be part of the address.</summary>
    private string ReadAll(Instruction instruction, IReadOnlyList<Operand> registers, PtxType type, string place) => registers.Count == 1
        ? _registers.Write(instruction.Line, registers[0], type, $"*(const {type.C} *){place}", mayBeWider: true)
        : $"{{ const {type.C} *m = (const void *){place}; "
            + string.Join(' ', registers.Select((register, i) => _registers.Write(instruction.Line, register, type, $"m[{i}]", mayBeWider: true))) + " }";

    private string Place(Instruction instruction, Operand operand, Space space, PtxType type, int count, string access)
    {
        var address = operand as Address ?? throw new PtxException(instruction.Line, $"{operand} is no address");
        var start = _registers.Read(instruction.Line, address.Base, new PtxType('u', 64), mayBeWider: false);
        return $"{space.ToString().ToLowerInvariant()}(t, {start} + {address.Offset}, {type.Bytes * count}, {access}, {instruction.Line})";
    }

    private static IReadOnlyList<Operand> Items(Instruction instruction, Operand operand, int count)
    {
        IReadOnlyList<Operand> items = operand is OperandList list ? list.Items : [operand];
        return items.Count == count && (count == 1) == operand is not OperandList
            ? items
            : throw new PtxException(instruction.Line, $"{instruction.Opcode} takes {count} values");
    }
}
